"""Which laws there are, and which of them an estimator breaks."""

from sktransfer.utils.discovery import all_estimators


def names_of_laws(kind, checks_generator, broken):
    """Names of the checks of broken estimators and of public ones of a kind."""
    classes = dict(all_estimators(kind))
    classes.pop("CrossLingualMapper", None)  # it takes a dictionary
    return {
        check.__name__
        for cls in [*(cls for _, cls in broken), *classes.values()]
        for _, check in checks_generator(cls())
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
