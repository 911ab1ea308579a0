@org.jspecify.annotations.NullMarked
package dev.ambit.mesh.store;
