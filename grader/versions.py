"""What has to be installed, told in one sentence. Written so that an old Python can read it."""

import sys

__all__ = ["MINIMUM_PYTHON", "MINIMUM_TORCH", "demand_python", "demand_torch"]

MINIMUM_PYTHON = (3, 11)
MINIMUM_TORCH = (2, 11)


def demand_python() -> None:
    """End the process with exit code 2 on a Python that is too old."""
    if sys.version_info < MINIMUM_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        wanted = ".".join(map(str, MINIMUM_PYTHON))
        sys.stderr.write("grader: expected Python {} or later, found {}: start it with a newer one.\n".format(wanted, found))  # noqa: UP032
        raise SystemExit(2)


def demand_torch() -> None:
    """Raise `MachineLacks` without a torch that is new enough; torch itself is not imported."""
    from importlib.metadata import PackageNotFoundError, version

    from grader.errors import MachineLacks

    wanted = ".".join(map(str, MINIMUM_TORCH))
    try:
        found = version("torch")
    except PackageNotFoundError as error:
        raise MachineLacks(f"expected torch {wanted} or later, found none: pip install torch torchvision.") from error
    numbers = tuple(int(part) for part in found.split("+")[0].split(".")[:2] if part.isdigit())
    if numbers < MINIMUM_TORCH:
        raise MachineLacks(f"expected torch {wanted} or later, found {found}: pip install --upgrade torch torchvision.")
