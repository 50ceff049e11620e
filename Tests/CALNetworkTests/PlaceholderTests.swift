import Testing
import CALNetwork
