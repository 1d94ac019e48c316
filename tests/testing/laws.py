"""Which laws there are, and which of them an estimator breaks."""

from needed import NEEDED

from sktransfer.utils.discovery import all_estimators


def names_of_laws(kind, checks_generator, broken):
    """Names of the checks of broken estimators and of public ones of a kind."""
    estimators = [cls() for _, cls in broken]
    estimators += [
        cls(**NEEDED.get(name, {}))
        for name, cls in all_estimators(kind)
        if name not in ("CrossLingualMapper", "EncoderFeatures")  # of texts
    ]
    return {
        check.__name__
        for estimator in estimators
        for _, check in checks_generator(estimator)
    }


def broken_laws(checks, only=None):
    """Names of the checks that raise, each with a message that names it."""
    messages = {}
    for estimator, check in checks:
        if only is None or check.__name__ == only:
            try:
                check(estimator)
            except AssertionError as error:
                messages[check.__name__] = str(error)
    for name, message in messages.items():
        assert f" breaks {name}: " in message
        assert " Got " in message
    return set(messages)
