"""Why PyTorch, or another package, cannot be imported, and the remedy. Imports nothing."""


def cannot_import(error: ImportError | OSError) -> str:
    """A line without its end. On Windows a DLL that does not load, and elsewhere some of CUDA's, are an OSError."""
    reason = str(error).strip().partition("\n")[0].rstrip(". ")
    if isinstance(error, ModuleNotFoundError):
        return f"{reason}; install it by: python -m pip install -r requirements.txt -c constraints.txt"
    return (
        f"PyTorch, or another package, cannot be loaded ({reason}); install PyTorch again, by the line that "
        "pytorch.org/get-started shows for your system, with 'CPU' where CUDA fails; Windows also needs Microsoft's "
        "Visual C++ Redistributable"
    )
