@org.jspecify.annotations.NullMarked
package dev.ambit.identity.revocation;
