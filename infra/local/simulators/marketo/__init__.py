"""A Marketo Engage subscription on this machine: lead database, activities and rules, answered over its REST paths."""
