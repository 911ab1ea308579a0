/// Which endpoint a client gets, worked out once for all clients that stand in the same place.
@org.jspecify.annotations.NullMarked
package dev.ambit.mesh.balance;
