import CCal

@_cdecl("cal_status_name") @implementation
public func cal_status_name(_ status: cal_status) -> UnsafePointer<CChar>! {
  staticText(statusName(status))
}

@_cdecl("cal_last_error") @implementation
public func cal_last_error() -> UnsafePointer<CChar>! { LastError.text }

func statusName(_ status: cal_status) -> StaticString {
  switch Int(status) {
  case CAL_OK: "CAL_OK"
  case CAL_ERR_ARGUMENT: "CAL_ERR_ARGUMENT"
  case CAL_ERR_STRUCT_SIZE: "CAL_ERR_STRUCT_SIZE"
  case CAL_ERR_HANDLE: "CAL_ERR_HANDLE"
  case CAL_ERR_BUSY: "CAL_ERR_BUSY"
  case CAL_ERR_VERSION: "CAL_ERR_VERSION"
  case CAL_ERR_NOT_FOUND: "CAL_ERR_NOT_FOUND"
  case CAL_ERR_MODEL_FORMAT: "CAL_ERR_MODEL_FORMAT"
  case CAL_ERR_MODEL_VERSION: "CAL_ERR_MODEL_VERSION"
  case CAL_ERR_MODEL_INVALID: "CAL_ERR_MODEL_INVALID"
  case CAL_ERR_MODEL_LIMIT: "CAL_ERR_MODEL_LIMIT"
  case CAL_ERR_IMAGE_SIZE: "CAL_ERR_IMAGE_SIZE"
  case CAL_ERR_IMAGE_STRIDE: "CAL_ERR_IMAGE_STRIDE"
  case CAL_ERR_IMAGE_BUFFER: "CAL_ERR_IMAGE_BUFFER"
  case CAL_ERR_IMAGE_FORMAT: "CAL_ERR_IMAGE_FORMAT"
  case CAL_ERR_IMAGE_BOX: "CAL_ERR_IMAGE_BOX"
  case CAL_ERR_NUMERIC: "CAL_ERR_NUMERIC"
  case CAL_ERR_MEMORY: "CAL_ERR_MEMORY"
  case CAL_ERR_IO: "CAL_ERR_IO"
  case CAL_ERR_THREADS: "CAL_ERR_THREADS"
  case CAL_ERR_CANCELLED: "CAL_ERR_CANCELLED"
  case CAL_ERR_STATE_LOCKED: "CAL_ERR_STATE_LOCKED"
  case CAL_ERR_STATE_DAMAGED: "CAL_ERR_STATE_DAMAGED"
  case CAL_ERR_REFUSED: "CAL_ERR_REFUSED"
  case CAL_ERR_INTERNAL: "CAL_ERR_INTERNAL"
  default: "CAL_ERR_UNKNOWN"
  }
}
