"""Which laws an estimator breaks."""


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
