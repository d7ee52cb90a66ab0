using Slideport.Dicom;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;

namespace Slideport.Fuzz.Targets;

/// <summary>
/// DICOM files: header, data set, and the walk over the fragments. Frames that are found must lie inside the file, one behind the other,
/// none on top of another.
/// </summary>
internal static class Part10Target
{
    /// <summary>Runs one input; throws where the reader did what it must not.</summary>
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var path = Path.GetTempFileName();
        try
        {
            using (var stream = File.Create(path)) stream.Write(data);
            using var file = Part10File.Open(path);
            Check(file.BuildFrameIndex(), data.Length);
        }
        catch (DicomFormatException)
        {
            // Refused, as most inputs should be.
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A file with an offset table and a frame of two fragments.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        byte[] fragment = [0xFE, 0xFF, 0x00, 0xE0, 4, 0, 0, 0, 0xFF, 0xD8, 0xFF, 0xD9];
        byte[] start = [0xE0, 0x7F, 0x10, 0x00, (byte)'O', (byte)'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
        byte[] table = [0xFE, 0xFF, 0x00, 0xE0, 8, 0, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0];
        byte[] noTable = [0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0];
        byte[] end = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];
        byte[] frames = [0x28, 0x00, 0x08, 0x00, (byte)'I', (byte)'S', 2, 0, (byte)'2', (byte)' '];
        var header = Part10File.BuildHeader(Uids.VLWholeSlideMicroscopyImageStorage, "1.2", TransferSyntax.JpegBaseline8Bit.Uid);
        yield return [.. header, .. frames, .. start, .. table, .. fragment, .. fragment, .. fragment, .. end];
        yield return [.. header, .. frames, .. start, .. noTable, .. fragment, .. fragment, .. end];
    }

    private static void Check(FrameIndex index, long fileLength)
    {
        long end = 0;
        for (var i = 0; i < index.Count; i++)
        {
            foreach (var piece in index.Fragments(i))
            {
                if (piece.Offset < end || piece.Length < 0) throw new InvalidOperationException($"Frame {i} lies on top of another");
                end = piece.End;
            }
        }

        if (end > fileLength) throw new InvalidOperationException("A frame lies beyond the end of the file");
    }
}
