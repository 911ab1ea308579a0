@org.jspecify.annotations.NullMarked
package dev.ambit.ztunnel.socks;
