@org.jspecify.annotations.NullMarked
package dev.ambit.mesh.xds;
