#include "sources/files/file_position.h"

namespace lossd::sources {

void FilePosition::Save(core::StateWriter& out) const {
  out.String(path);
  out.String(real_path);
  out.String(job);
  out.U64(identity.device);
  out.U64(identity.inode);
  out.U64(offset);
  out.U64(size);
  out.I64(modified_ns);
  out.U64(signature.head_bytes);
  out.U64(signature.head_hash);
  out.U64(signature.tail_bytes);
  out.U64(signature.tail_hash);
  out.Bool(complete);
  out.String(primer);
  out.String(fingerprints.Saved());
}

bool FilePosition::Load(core::StateReader& in) {
  path = in.String();
  real_path = in.String();
  job = in.String();
  identity.device = in.U64();
  identity.inode = in.U64();
  offset = in.U64();
  size = in.U64();
  modified_ns = in.I64();
  signature.head_bytes = in.U64();
  signature.head_hash = in.U64();
  signature.tail_bytes = in.U64();
  signature.tail_hash = in.U64();
  complete = in.Bool();
  primer = in.String();
  const std::string saved_fingerprints = in.String();
  if (signature.head_bytes > ContentSignature::kHeadBytes || signature.tail_bytes > ContentSignature::kTailBytes ||
      signature.head_bytes > offset || signature.tail_bytes > offset ||
      !records::SampleFingerprints::IsSaved(saved_fingerprints)) {
    in.Fail();
  }
  fingerprints = records::SampleFingerprints(saved_fingerprints);
  return in.ok();
}

}  // namespace lossd::sources
