"""The name that `python -m adder` had before: `python -m adder.read` goes on working."""

import runpy

if __name__ == "__main__":
    runpy.run_module("adder", run_name="__main__")
