import CModelFormat

/// What protobuf-c knows of one message type, for checking bytes against it before protobuf-c
/// unpacks them: protobuf-c only says that something is wrong, not what.
struct Schema<Message> {
  let type: MessageType

  /// `initialise` is the generated function that fills an empty message; it knows the
  /// descriptor's address, which Swift cannot take of a C constant.
  init(_ empty: Message, _ initialise: (UnsafeMutablePointer<Message>) -> Void) {
    var message = empty
    initialise(&message)
    let base = withUnsafeBytes(of: &message) { $0.load(as: ProtobufCMessage.self) }
    type = MessageType(descriptor: base.descriptor)
  }
}

extension Schema where Message == Cal__Model__Model {
  static var model: Self { Self(Message(), cal__model__model__init) }
}

extension Schema where Message == Cal__Model__Bank {
  static var bank: Self { Self(Message(), cal__model__bank__init) }
}

extension Schema where Message == Cal__Model__Prototype {
  static var prototype: Self { Self(Message(), cal__model__prototype__init) }
}

extension Schema where Message == Cal__Model__Calibration {
  static var calibration: Self { Self(Message(), cal__model__calibration__init) }
}

extension Schema where Message == Cal__Model__Calibration__Class {
  static var calibrationClass: Self { Self(Message(), cal__model__calibration__class__init) }
}

extension Schema where Message == Cal__Model__Tensor {
  static var tensor: Self { Self(Message(), cal__model__tensor__init) }
}

/// A message type of cal_model.proto.
struct MessageType {
  let descriptor: UnsafePointer<ProtobufCMessageDescriptor>

  var fieldCount: Int { Int(descriptor.pointee.n_fields) }

  /// nil for a number that this libcal does not know.
  func field(_ number: UInt32) -> FieldType? {
    guard let field = protobuf_c_message_descriptor_get_field(descriptor, number) else {
      return nil
    }
    return FieldType(index: field - descriptor.pointee.fields, descriptor: field)
  }
}

/// A field of a message type.
struct FieldType {
  /// Position among the message's fields.
  let index: Int
  let descriptor: UnsafePointer<ProtobufCFieldDescriptor>

  var name: String { String(cString: descriptor.pointee.name) }
  var isRepeated: Bool { descriptor.pointee.label == PROTOBUF_C_LABEL_REPEATED }
  var isString: Bool { descriptor.pointee.type == PROTOBUF_C_TYPE_STRING }

  /// The type of a sub-message.
  var message: MessageType? {
    guard descriptor.pointee.type == PROTOBUF_C_TYPE_MESSAGE else { return nil }
    return MessageType(
      descriptor: descriptor.pointee.descriptor.assumingMemoryBound(
        to: ProtobufCMessageDescriptor.self))
  }

  /// How one value is stored.
  var wireType: WireType {
    switch descriptor.pointee.type {
    case PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64: .fixed64
    case PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32: .fixed32
    case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_MESSAGE: .bytes
    default: .varint
    }
  }

  /// The largest varint that protobuf-c would not cut off silently.
  var largestVarint: UInt64 {
    switch descriptor.pointee.type {
    case PROTOBUF_C_TYPE_BOOL: 1
    case PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_ENUM: UInt64(UInt32.max)
    default: UInt64.max
    }
  }
}
