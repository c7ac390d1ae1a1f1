"""What a check of a source found, line by line."""

from collections.abc import Iterable

import streamlit as st

from claude_dash.sources.findings import Finding

FOUND, NOT_FOUND = ":green[:material/check_circle:]", ":orange[:material/remove_circle:]"


def table(found: Iterable[Finding]) -> None:
    """Show what each report said, with the scope that it needs."""
    for one in found:
        icon = FOUND if one.is_found else NOT_FOUND
        scope = f" `{one.scope}`" if one.scope else ""
        st.markdown(f"{icon} **{one.report}**{scope} · {one.sentence}")


def not_covered(what: Iterable[str]) -> None:
    """Show what stays invisible."""
    st.markdown(f":material/info: **Not covered** · {', '.join(what)}")
