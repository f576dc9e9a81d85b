"""Methods: a card for everything that explains and everything that judges."""

import streamlit as st

from desk.shelf import chosen_cards, shelf

st.title("Methods", anchor=False)
st.caption(
    "What each one answers, when it misleads, and what it costs: read before a picture is believed. What is made of several of "
    "them has a page or a tab of its own: *Surrogates*, *Prototypes*, and *In words* of photos and sonar."
)
shelf(chosen_cards("methods"))
