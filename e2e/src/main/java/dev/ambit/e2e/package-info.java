@org.jspecify.annotations.NullMarked
package dev.ambit.e2e;
