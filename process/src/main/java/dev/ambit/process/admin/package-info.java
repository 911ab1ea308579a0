@org.jspecify.annotations.NullMarked
package dev.ambit.process.admin;
