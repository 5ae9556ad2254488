"""ETSI's messages, one module each, and the data dictionaries that they are made of.

cam, denm, spatem, mapem, ivim, srem, ssem, rtcmem, vam, cpm, cpm_tr103562, evcsn, evrsr, poim; cdd and cdd2 (the common
data dictionaries of releases 1 and 2), dsrc, ivi, gdd, efc.
"""
