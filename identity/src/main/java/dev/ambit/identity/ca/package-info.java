@org.jspecify.annotations.NullMarked
package dev.ambit.identity.ca;
