"""The Hugging Face hub: whether one of its models is on this disk, and whether the hub can be reached at all."""

import ssl
import urllib.error
import urllib.request
from http.client import HTTPException

from embeddings.errors import ModelError

PATIENCE = 5.0  # seconds; the hub's own client would try for more than a minute


def is_downloaded(name: str) -> bool:
    """Tell whether a model of the hub is on this disk, or some of it; raise ModelError where this can be no name."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    names = [name] if "/" in name else [name, f"sentence-transformers/{name}"]
    try:
        return any(isinstance(try_to_load_from_cache(place, "config.json"), str) for place in names)
    except HFValidationError:
        raise ModelError(
            f"There is no folder {name}: give a folder that holds a model, or the name of one on the hub."
        ) from None


def check_reach(need: str) -> None:
    """Raise ModelError, which begins with why the hub is needed, where it cannot be reached."""
    from huggingface_hub import constants

    reason = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else _silence(constants.ENDPOINT)
    if reason:
        raise ModelError(
            f"{need}, and {constants.ENDPOINT} cannot be reached ({reason}): name a folder, or connect to the network."
        )


def _silence(address: str) -> str:
    """Return why an address cannot be reached, an empty string where it can."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=PATIENCE):
            return ""
    except urllib.error.HTTPError:  # an answer all the same
        return ""
    except urllib.error.URLError as error:  # the hub's client may know certificates that Python does not
        return "" if isinstance(error.reason, ssl.SSLError) else str(error.reason)
    except (OSError, ValueError, HTTPException) as error:  # such as an address without https:// before it
        return str(error)
