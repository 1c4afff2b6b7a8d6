"""Writing one text together: check, commit, acknowledge, pass on."""
