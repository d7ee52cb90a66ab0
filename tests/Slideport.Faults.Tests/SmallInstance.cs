using System.Globalization;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;

namespace Slideport.Faults.Tests;

/// <summary>An instance of a few hundred bytes: no slide, but all that receiving looks at. Every one has the same length.</summary>
internal static class SmallInstance
{
    /// <summary>Writes the instance of a number, in a series of its own.</summary>
    internal static string Write(string folder, int number, int pixelBytes = 64)
    {
        var uid = string.Create(CultureInfo.InvariantCulture, $"1.2.3.{100_000 + number}");
        var dataSet = new DicomDataSet()
            .Set(Tags.SOPClassUID, Uids.VLWholeSlideMicroscopyImageStorage)
            .Set(Tags.SOPInstanceUID, uid)
            .Set(Tags.StudyInstanceUID, "1.2.3.4")
            .Set(Tags.SeriesInstanceUID, uid + ".1")
            .Set(Tags.PixelData, new byte[pixelBytes]);
        Directory.CreateDirectory(folder);
        var path = Path.Join(folder, uid + ".dcm");
        var syntax = TransferSyntax.ExplicitVrLittleEndian;
        File.WriteAllBytes(
            path, [.. Part10File.BuildHeader(Uids.VLWholeSlideMicroscopyImageStorage, uid, syntax.Uid, null), .. dataSet.ToBytes(syntax)]);
        return path;
    }
}
