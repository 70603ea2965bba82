"""``python -m elatbot_flows.cli`` is ``elatbot``."""

from elatbot_flows.cli import main

if __name__ == "__main__":
    main()
