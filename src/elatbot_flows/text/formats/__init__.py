"""Questions that text models answer, one module for each kind; see `elatbot_flows.text.format`.

Each module has a function ``formats(dialect)``, the formats that it adds to a dialect, and may have
``DIALECTS``, the dialects it brings. Nothing else has to know of a new module.
"""
