using Slideport.Dicom;
using Slideport.ImageStore;

namespace Slideport.Dsr.Viewing;

/// <summary>A stored file as the readers of slides take it.</summary>
/// <param name="file">The file; closed with this.</param>
internal sealed class StoreBytes(StoredFile file) : ByteSource
{
    public override long Length => file.Length;

    public override bool IsFar => true;

    public override int Read(Span<byte> buffer, long offset) => file.Read(buffer, offset);

    protected override void Dispose(bool isDisposing) => file.Dispose();
}
