import Testing
import CALDigest
