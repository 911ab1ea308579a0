/// Extensions that can't run here, and what that means for traffic.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.extend;
