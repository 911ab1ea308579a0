/// The control plane with a big mesh: how long a whole compilation takes, and a small change.
@org.jspecify.annotations.NullMarked
package dev.ambit.bench.control;
