using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;

namespace Slideport.Slides.Deidentification;

/// <summary>
/// An ICC profile (ICC.1:2022) without what may tell which device it is of, and when it was made: its colours stay where they are, byte for byte; the date
/// of its header, its identifier and every tag that holds words or anything else are blanked.
/// </summary>
internal static class ProfileWords
{
    /// <summary>Longer than any profile known: a GT 450's has 13 MB.</summary>
    public const int MaxBytes = 64 << 20;

    private const int TableOffset = ColorProfile.IccHeaderBytes + 4;
    private const int EntryBytes = 12;
    private const int MinTagBytes = 8;
    private const int MaxTags = 1024; // profiles have some dozens

    // A tag counts as colours when both its name and its type say so.
    private static readonly FrozenSet<uint> Colors = Of(
        "A2B0", "A2B1", "A2B2", "A2B3", "B2A0", "B2A1", "B2A2", "B2A3", "D2B0", "D2B1", "D2B2", "D2B3", "B2D0", "B2D1", "B2D2", "B2D3",
        "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC", "kTRC", "wtpt", "bkpt", "lumi", "chad", "chrm", "gamt", "pre0", "pre1", "pre2", "view", "meas", "tech", "cicp", "rig0", "rig2");

    private static readonly FrozenSet<uint> Numbers = Of("XYZ ", "curv", "para", "mft1", "mft2", "mAB ", "mBA ", "mpet", "sf32", "view", "meas", "sig ", "chrm", "cicp");

    // ICC.1:2022 has mluc, ICC.1:2001 desc and text; each is legal when it says nothing.
    private static readonly uint Description = Code("desc");
    private static readonly uint Text = Code("text");
    private static readonly uint Localized = Code("mluc");

    /// <summary>The profile without words.</summary>
    /// <param name="profile">The profile, padding perhaps behind it.</param>
    /// <returns>As long as it was; null where it is none, so that nobody knows what it holds.</returns>
    public static byte[]? Blank(ReadOnlySpan<byte> profile)
    {
        if (profile.Length < TableOffset || !profile.Slice(36, 4).SequenceEqual("acsp"u8)) return null;
        var count = BinaryPrimitives.ReadUInt32BigEndian(profile[ColorProfile.IccHeaderBytes..]);
        if (count > Math.Min(MaxTags, (profile.Length - TableOffset) / EntryBytes)) return null;
        var blank = new byte[profile.Length];
        profile[..24].CopyTo(blank); // size, module, version, class, spaces
        ReadOnlySpan<byte> date = [0x07, 0xD0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]; // 1 January 2000: it has to be one
        date.CopyTo(blank.AsSpan(24));
        profile[36..84].CopyTo(blank.AsSpan(36)); // up to the identifier
        profile.Slice(ColorProfile.IccHeaderBytes, 4 + ((int)count * EntryBytes)).CopyTo(blank.AsSpan(ColorProfile.IccHeaderBytes));

        var kept = new List<(int Start, int End)> { (0, TableOffset + ((int)count * EntryBytes)) };
        for (var pass = 0; pass < 2; pass++)
        {
            for (var i = 0; i < (int)count; i++)
            {
                var entry = profile.Slice(TableOffset + (i * EntryBytes), EntryBytes);
                var (name, offset, size) = (BinaryPrimitives.ReadUInt32BigEndian(entry), BinaryPrimitives.ReadUInt32BigEndian(entry[4..]), BinaryPrimitives.ReadUInt32BigEndian(entry[8..]));
                if ((long)offset + size > profile.Length || size < MinTagBytes) return null;
                var (start, end) = ((int)offset, (int)(offset + size));
                var type = BinaryPrimitives.ReadUInt32BigEndian(profile[start..]);
                var isColor = Colors.Contains(name) && Numbers.Contains(type);
                if (pass == 0 && isColor)
                {
                    profile[start..end].CopyTo(blank.AsSpan(start));
                    kept.Add((start, end));
                }
                else if (pass == 1 && !isColor && !kept.Exists(k => start < k.End && end > k.Start))
                {
                    SayNothing(blank.AsSpan(start, (int)size), type);
                    kept.Add((start, end));
                }
            }
        }

        return blank;
    }

    /// <summary>Reads a profile and blanks it.</summary>
    /// <returns>Null where it is none.</returns>
    /// <exception cref="IOException">Reading failed.</exception>
    public static byte[]? Blank(ColorProfile profile)
    {
        if (profile.Range.Length > MaxBytes) return null;
        var bytes = new byte[profile.Range.Length];
        for (var done = 0; done < bytes.Length;)
        {
            var read = profile.Source.Read(bytes.AsSpan(done), profile.Range.Offset + done);
            if (read == 0) return null;
            done += read;
        }

        return Blank(bytes);
    }

    private static void SayNothing(Span<byte> tag, uint type)
    {
        BinaryPrimitives.WriteUInt32BigEndian(tag, type == Description || type == Localized ? type : Text);
        if (type == Description && tag.Length >= 12) BinaryPrimitives.WriteUInt32BigEndian(tag[8..], 1); // the ending zero
        if (type == Localized && tag.Length >= 16) BinaryPrimitives.WriteUInt32BigEndian(tag[12..], 12); // no record, of so many bytes each
    }

    private static uint Code(string name) => BinaryPrimitives.ReadUInt32BigEndian(Encoding.ASCII.GetBytes(name));

    private static FrozenSet<uint> Of(params string[] names) => names.Select(Code).ToFrozenSet();
}
