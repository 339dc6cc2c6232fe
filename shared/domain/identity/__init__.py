"""Who a signal is about: identifiers, evidence, links between leads, merge and unmerge."""
