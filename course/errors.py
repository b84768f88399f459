"""The one exception that means "what you gave cannot be used", with a message that says what to do about it."""


class InputError(ValueError):
    """Bad input: a file, a tensor, a name or an option. The message names the value and the way out.

    The command line prints it as one line and exits with code 2.
    """
