"""The entry of the app: the frame of every page. `xaivision app` starts it."""

from pathlib import Path

import streamlit as st

VIEWS = Path(__file__).parent / "views"

st.set_page_config("xaivision", page_icon="🔎", layout="wide", initial_sidebar_state="auto")
st.navigation(
    [
        st.Page(VIEWS / "photos.py", title="Photos", icon=":material/image:", default=True),
        st.Page(VIEWS / "sonar.py", title="Sonar", icon=":material/waves:"),
        st.Page(VIEWS / "tables.py", title="Tables", icon=":material/table_chart:"),
        st.Page(VIEWS / "surrogates.py", title="Surrogates", icon=":material/account_tree:"),
        st.Page(VIEWS / "prototypes.py", title="Prototypes", icon=":material/interests:"),
        st.Page(VIEWS / "audit.py", title="Audit", icon=":material/fact_check:"),
        st.Page(VIEWS / "methods.py", title="Methods", icon=":material/menu_book:"),
    ],
    position="top",
).run()
