/// Certificates as event loops use them.
@org.jspecify.annotations.NullMarked
package dev.ambit.process.tls;
