"""Methods: a card for everything that explains and everything that judges."""

import streamlit as st

from desk.shelf import chosen_cards, shelf

st.title("Methods", anchor=False)
st.caption("What each one answers, when it misleads, and what it costs: read before a picture is believed.")
shelf(chosen_cards("methods"))
