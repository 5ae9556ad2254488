"""Piles as charging stations of a central system, by OCPP 2.0.1. The package `ocpp` is imported by `point` and
`connection`, and these where they are needed.
"""
