"""The Hugging Face hub: whether one of its models is on this disk, and whether the hub can be reached at all."""

import re
import ssl
import urllib.error
import urllib.request

from embeddings.errors import ModelError

PATIENCE = 5.0  # seconds; the hub's own client would try for more than a minute
_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


def is_downloaded(name: str) -> bool:
    """Tell whether a model of the hub is on this disk; raise ModelError where it is not and the hub is out of reach."""
    from huggingface_hub import constants, try_to_load_from_cache

    if not _NAME.fullmatch(name) or name.strip(".") != name:
        raise ModelError(f"There is no folder {name}: give a folder that holds a model, or the name of one on the hub.")
    names = [name] if "/" in name else [name, f"sentence-transformers/{name}"]
    if any(isinstance(try_to_load_from_cache(place, "config.json"), str) for place in names):
        return True
    reason = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else _silence(constants.ENDPOINT)
    if reason:
        raise ModelError(
            f"The model {name!r} is not on this disk, and {constants.ENDPOINT} cannot be reached ({reason}): "
            "name a folder, or connect to the network."
        )
    return False


def _silence(address: str) -> str:
    """Return why an address cannot be reached, an empty string where it can."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=PATIENCE):
            return ""
    except urllib.error.HTTPError:  # an answer all the same
        return ""
    except urllib.error.URLError as error:  # the hub's client may know certificates that Python does not
        return "" if isinstance(error.reason, ssl.SSLError) else str(error.reason)
    except OSError as error:
        return str(error)
