using System.Globalization;

namespace Slideport.Dicom.Dictionary;

/// <summary>Unique identifiers (PS3.5 9): well-known ones (PS3.6 A), new ones, and what a valid one is.</summary>
public static class Uids
{
    /// <summary>The longest UID the standard allows, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>DICOM Application Context Name.</summary>
    public const string ApplicationContext = "1.2.840.10008.3.1.1.1";

    /// <summary>Verification SOP Class (C-ECHO).</summary>
    public const string Verification = "1.2.840.10008.1.1";

    /// <summary>Media Storage Directory Storage: a DICOMDIR.</summary>
    public const string MediaStorageDirectoryStorage = "1.2.840.10008.1.3.10";

    /// <summary>Storage Commitment Push Model SOP Class.</summary>
    public const string StorageCommitmentPushModel = "1.2.840.10008.1.20.1";

    /// <summary>The well-known instance that every Storage Commitment Push Model request addresses.</summary>
    public const string StorageCommitmentPushModelInstance = "1.2.840.10008.1.20.1.1";

    /// <summary>VL Whole Slide Microscopy Image Storage.</summary>
    public const string VLWholeSlideMicroscopyImageStorage = "1.2.840.10008.5.1.4.1.1.77.1.6";

    /// <summary>VL Microscopic Image Storage.</summary>
    public const string VLMicroscopicImageStorage = "1.2.840.10008.5.1.4.1.1.77.1.2";

    /// <summary>VL Slide-Coordinates Microscopic Image Storage.</summary>
    public const string VLSlideCoordinatesMicroscopicImageStorage = "1.2.840.10008.5.1.4.1.1.77.1.3";

    /// <summary>VL Photographic Image Storage.</summary>
    public const string VLPhotographicImageStorage = "1.2.840.10008.5.1.4.1.1.77.1.4";

    /// <summary>Multi-frame True Color Secondary Capture Image Storage.</summary>
    public const string MultiFrameTrueColorSecondaryCaptureImageStorage = "1.2.840.10008.5.1.4.1.1.7.4";

    /// <summary>Secondary Capture Image Storage.</summary>
    public const string SecondaryCaptureImageStorage = "1.2.840.10008.5.1.4.1.1.7";

    /// <summary>Microscopy Bulk Simple Annotations Storage.</summary>
    public const string MicroscopyBulkSimpleAnnotationsStorage = "1.2.840.10008.5.1.4.1.1.91.1";

    /// <summary>Segmentation Storage.</summary>
    public const string SegmentationStorage = "1.2.840.10008.5.1.4.1.1.66.4";

    /// <summary>Comprehensive SR Storage.</summary>
    public const string ComprehensiveSRStorage = "1.2.840.10008.5.1.4.1.1.88.33";

    /// <summary>Comprehensive 3D SR Storage.</summary>
    public const string Comprehensive3DSRStorage = "1.2.840.10008.5.1.4.1.1.88.34";

    /// <summary>Encapsulated PDF Storage.</summary>
    public const string EncapsulatedPdfStorage = "1.2.840.10008.5.1.4.1.1.104.1";

    /// <summary>A new UID: 2.25 and a random UUID as one decimal number (PS3.5 B.2), at most 44 characters.</summary>
    public static string New()
    {
        Span<byte> bytes = stackalloc byte[16];
        _ = Guid.NewGuid().TryWriteBytes(bytes, bigEndian: true, out _);
        return string.Create(CultureInfo.InvariantCulture, $"2.25.{System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes)}");
    }

    /// <summary>
    /// Whether a UID keeps the rules of PS3.5 9.1: 1 to 64 characters, components of digits parted by dots, none empty, none with a leading
    /// zero. Invalid ones occur (66 characters, trailing dots) and are kept as they came: they are names, only unfit for new files.
    /// </summary>
    /// <param name="uid">The UID without padding.</param>
    public static bool IsValid(string? uid)
    {
        if (uid is not { Length: > 0 and <= MaxLength }) return false;
        var start = 0;
        for (var i = 0; i <= uid.Length; i++)
        {
            if (i < uid.Length && uid[i] != '.')
            {
                if (!char.IsAsciiDigit(uid[i])) return false;
                continue;
            }

            if (i == start || (i - start > 1 && uid[start] == '0')) return false;
            start = i + 1;
        }

        return true;
    }

    /// <summary>A UID without what pads it: the standard's NUL, and the spaces some devices write.</summary>
    /// <param name="uid">The UID as read.</param>
    public static string Trim(string uid)
    {
        ArgumentNullException.ThrowIfNull(uid);
        return uid.Trim(' ', '\0');
    }
}
