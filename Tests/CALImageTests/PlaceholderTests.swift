import Testing
import CALImage
