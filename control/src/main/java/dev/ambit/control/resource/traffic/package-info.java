/// Resources that say how a destination is called: DestinationRule, BackendTLSPolicy, and the part
/// of the mesh configuration that they build on.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.resource.traffic;
