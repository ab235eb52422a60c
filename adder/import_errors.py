"""Why a package cannot be imported, and what to do. It imports nothing itself."""


def cannot_import(error: ImportError | OSError) -> str:
    """One line for the person who started the program. A DLL that does not load is an OSError."""
    reason = str(error).strip().partition("\n")[0].rstrip(". ")
    if isinstance(error, ModuleNotFoundError):
        return f"{reason}; run: python -m pip install -r requirements.txt -c constraints.txt"
    return (
        f"a package cannot be loaded ({reason}); install PyTorch again, with the command that "
        "pytorch.org/get-started shows for your system; choose 'CPU' if CUDA fails; on Windows install Microsoft's "
        "Visual C++ Redistributable too"
    )
