"""How far runs are, and what keeps them: in a folder, a store, FireWorks or jobflow-remote."""
