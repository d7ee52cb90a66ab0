using System.Buffers.Binary;
using System.Text;
using Slideport.Slides.Deidentification;

namespace Slideport.Slides.Tests.Deidentification;

public sealed class ProfileWordsTests
{
    [Fact]
    public void Colours_stay_and_words_date_and_identifier_go()
    {
        var profile = Profile("SS12345, Secret words");

        var blank = ProfileWords.Blank(profile)!;

        Assert.Equal(profile.Length, blank.Length);
        Assert.True(blank.AsSpan().IndexOf("SS12345"u8) < 0);
        Assert.True(blank.AsSpan().IndexOf(Encoding.BigEndianUnicode.GetBytes("SS12345")) < 0);
        Assert.True(blank.AsSpan().IndexOf("GAP"u8) < 0);
        Assert.Equal(new byte[16], blank[84..100]);
        Assert.Equal(2000, BinaryPrimitives.ReadUInt16BigEndian(blank.AsSpan(24)));
        Assert.Equal(profile[..24], blank[..24]);
        foreach (var name in (string[])["rXYZ", "rTRC", "A2B0"])
            Assert.Equal(Tag(profile, name), Tag(blank, name));
        // A description has to be there, and may be empty.
        Assert.Equal([.. "desc"u8, 0, 0, 0, 0, 0, 0, 0, 1], Tag(blank, "desc")[..12]);
        Assert.Equal([.. "mluc"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12], Tag(blank, "cprt")[..16]);
        Assert.Equal("text"u8.ToArray(), Tag(blank, "priv")[..4]); // nobody knows its type
        Assert.Equal(blank, ProfileWords.Blank(blank));
    }

    [Fact]
    public void What_calls_itself_colours_and_is_words_goes()
    {
        var profile = Profile("SS12345", colorType: "text");

        Assert.True(ProfileWords.Blank(profile).AsSpan().IndexOf("SS12345"u8) < 0);
    }

    [Fact]
    public void Nothing_that_is_no_profile_is_taken_for_one()
    {
        var profile = Profile("SS12345");
        for (var length = 0; length < profile.Length; length++)
            Assert.Null(ProfileWords.Blank(profile.AsSpan(0, length)));
        BinaryPrimitives.WriteUInt32BigEndian(profile.AsSpan(128), uint.MaxValue);
        Assert.Null(ProfileWords.Blank(profile));
    }

    [Fact]
    public void A_damaged_profile_is_none_or_loses_its_words_once_and_for_all()
    {
        var (sound, random) = (Profile("SS12345, Secret words"), new Random(7));
        for (var i = 0; i < 20_000; i++)
        {
            byte[] profile = [.. sound];
            for (var flips = random.Next(1, 6); flips > 0; flips--)
                profile[random.Next(2) == 0 ? random.Next(128, 210) : random.Next(profile.Length)] = (byte)random.Next(256);
            if (ProfileWords.Blank(profile) is not { } blank)
                continue;
            Assert.Equal(profile.Length, blank.Length);
            Assert.Equal(blank, ProfileWords.Blank(blank));
        }
    }

    /// <summary>A profile with words in every place that has some.</summary>
    internal static byte[] Profile(string words, string colorType = "mft1")
    {
        var text = Encoding.ASCII.GetBytes(words);
        byte[] Type(string type, params byte[] rest) => [.. Encoding.ASCII.GetBytes(type), 0, 0, 0, 0, .. rest];
        var count = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(count, text.Length + 1);
        (string Name, byte[] Data)[] tags =
        [
            ("desc", Type("desc", [.. count, .. text, .. new byte[80]])),
            ("cprt", Type("mluc", [0, 0, 0, 1, 0, 0, 0, 12, .. "enUS"u8, 0, 0, 0, (byte)(text.Length * 2), 0, 0, 0, 28, .. Encoding.BigEndianUnicode.GetBytes(words)])),
            ("rXYZ", Type("XYZ ", 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0)),
            ("rTRC", Type("curv", 0, 0, 0, 1, 2, 0)),
            ("A2B0", Type(colorType, colorType == "mft1" ? [3, 3, 2, 0, 1, 2, 3] : text)),
            ("priv", Type("zzzz", text)),
        ];
        var at = 132 + (tags.Length * 12) + 3;
        var profile = new byte[at + tags.Sum(t => t.Data.Length + 3)];
        "GAP"u8.CopyTo(profile.AsSpan(at - 3));
        profile.AsSpan(84, 16).Fill(7);
        "acsp"u8.CopyTo(profile.AsSpan(36));
        BinaryPrimitives.WriteUInt16BigEndian(profile.AsSpan(24), 2026);
        BinaryPrimitives.WriteInt32BigEndian(profile.AsSpan(128), tags.Length);
        for (var i = 0; i < tags.Length; i++)
        {
            var entry = profile.AsSpan(132 + (i * 12));
            Encoding.ASCII.GetBytes(tags[i].Name).CopyTo(entry);
            BinaryPrimitives.WriteInt32BigEndian(entry[4..], at);
            BinaryPrimitives.WriteInt32BigEndian(entry[8..], tags[i].Data.Length);
            tags[i].Data.CopyTo(profile.AsSpan(at));
            at += tags[i].Data.Length;
            "GAP"u8.CopyTo(profile.AsSpan(at));
            at += 3;
        }

        profile = profile[..(at - 3)];
        BinaryPrimitives.WriteInt32BigEndian(profile, profile.Length);
        return profile;
    }

    private static byte[] Tag(byte[] profile, string name)
    {
        for (var i = 0; ; i++)
        {
            var entry = profile.AsSpan(132 + (i * 12));
            if (entry[..4].SequenceEqual(Encoding.ASCII.GetBytes(name)))
                return profile.AsSpan(BinaryPrimitives.ReadInt32BigEndian(entry[4..]), BinaryPrimitives.ReadInt32BigEndian(entry[8..])).ToArray();
        }
    }
}
