import Testing
import CALModel
