/// A mesh in the lab: control plane, one ztunnel a node, pods from YAML.
@NullMarked
package dev.ambit.e2e.mesh;

import org.jspecify.annotations.NullMarked;
