/// A mesh that is told by a file instead of a control plane.
@org.jspecify.annotations.NullMarked
package dev.ambit.mesh.local;
