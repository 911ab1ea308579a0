@org.jspecify.annotations.NullMarked
package dev.ambit.control.resource.traffic;
