# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""SEPA: mandates, collections (pain.008) and pay-outs (pain.001). Nothing is sent from here: the office hands the files to its bank."""
