"""Plans: an operation compiled once, then read level by level and written as it is stored.

`compiling` makes a plan of a parsed operation, `shapes` says what a plan is made of, `projecting`
makes the code that turns stored properties into an answer's objects, `running` carries a plan out.
Whatever a plan does not cover runs on the standard executor, and so does an operation in which
anything goes wrong, so that errors are the executor's own.
"""
