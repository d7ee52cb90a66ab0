using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Slideport.Converter.Receiving;
using Slideport.Dicom.Services;
using Slideport.Dicom.Tests.UpperLayer;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Converter.Tests.Receiving;

/// <summary>Instances no sound device sends, byte by byte over the wire: rows D3 to D10 of docs/bad-input.md. The association always goes on.</summary>
public sealed class BadInstanceTests : IAsyncDisposable
{
    private const string Uid = "2.25.7";
    private const uint Undefined = 0xFFFFFFFF;

    private static readonly byte[] Class = Short(0x0008, 0x0016, "UI", Wire.WsiStorage);
    private static readonly byte[] Instance = Short(0x0008, 0x0018, "UI", Uid);
    private static readonly byte[] Study = Short(0x0020, 0x000D, "UI", "1.2.3");
    private static readonly byte[] Series = Short(0x0020, 0x000E, "UI", "1.2.3.4");
    private static readonly byte[] Pixels = Long(0x7FE0, 0x0010, "OW", new byte[8]);
    private static readonly byte[] Delimiter = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];
    private static readonly byte[] Item = [0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF];
    private static readonly byte[] EndOfItem = [0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0];

    // What may precede the pixels in any order is put between group 0008 and group 0020.
    private static readonly Dictionary<string, (byte[] DataSet, int Status)> DataSets = new()
    {
        ["D4 no Study Instance UID"] = ([.. Class, .. Instance, .. Series, .. Pixels], 0xA900),
        ["D4 no Series Instance UID"] = ([.. Class, .. Instance, .. Study, .. Pixels], 0xA900),
        ["D5 no data at all"] = ([], 0xC000),
        ["D5 garbage"] = ([.. Enumerable.Range(0, 999).Select(i => (byte)(i * 37 % 251))], 0xC000),
        ["D5 an element past the end"] = ([.. Sound()[..^20], .. Long(0x7FE0, 0x0010, "OW", new byte[8], 9999)], 0xC000),
        ["D5 cut inside an element"] = (Sound()[..^5], 0xC000),
        ["D5 cut inside an element's header"] = (Sound()[..^14], 0xC000),
        ["D5 cut in front of Pixel Data"] = (Sound()[..^20], 0xA900),
        ["D6 a group length that lies"] = (Sound([.. Bytes(0x0009, 0x0000, "UL"), 4, 0, 0xFF, 0xFF, 0xFF, 0x7F]), 0),
        ["D7 nested 10,000 deep"] = (Sound([.. Enumerable.Repeat((byte[])[.. Long(0x0040, 0x0555, "SQ", [], Undefined), .. Item], 10_000).SelectMany(b => b)]), 0xC000),
        ["D7 a million empty items"] = (Sound([.. Long(0x0009, 0x1001, "SQ", [], Undefined), .. Enumerable.Repeat((byte[])[.. Item, .. EndOfItem], 1_000_000).SelectMany(b => b), .. Delimiter]), 0xC000),
        ["D7 functional groups of 4 GiB"] = (Sound(Long(0x5200, 0x9230, "SQ", [], 0xFFFFFFFE)), 0xC000),
        ["D8 an ICC profile of 2 GiB"] = (Sound(Long(0x0028, 0x2000, "OB", [1, 2], 0x80000000)), 0xC000),
        ["D8 a private element of 4 GiB"] = (Sound(Long(0x0009, 0x1001, "OB", [1, 2], 0xFFFFFFFE)), 0xC000),
        ["D9 an implicit element among explicit ones"] = (Sound([9, 0, 1, 0x10, 4, 0, 0, 0, .. "A^B "u8]), 0),
        ["D9 a VR of its own"] = (Sound(Long(0x0009, 0x1001, "ZZ", [1, 2])), 0),
        ["D9 the wrong VR"] = (Sound([.. Bytes(0x0009, 0x0010, "UL"), 4, 0, .. "ABCD"u8]), 0),
        ["D9 UN of undefined length"] = (Sound([.. Long(0x0009, 0x1001, "UN", [], Undefined), .. Item, .. EndOfItem, .. Delimiter]), 0),
        ["D9 OV and UV"] = (Sound([.. Long(0x0009, 0x1001, "OV", new byte[8]), .. Long(0x0009, 0x1002, "UV", new byte[8])]), 0),
        ["D9 an odd length"] = (Sound([.. Bytes(0x0009, 0x0010, "LO"), 3, 0, .. "ABC"u8]), 0),
        ["D9 OB of undefined length that is no Pixel Data"] = (Sound([.. Long(0x0009, 0x1001, "OB", [], Undefined), 0xFE, 0xFF, 0x00, 0xE0, 2, 0, 0, 0, 1, 2, .. Delimiter]), 0),
        ["D10 an unknown character set"] = (Sound([.. Short(0x0008, 0x0005, "CS", "ISO_NONE"), .. Short(0x0008, 0x1030, "LO", "\u00e4\u00ff")]), 0),
        ["D10 control characters in a text"] = (Sound(Short(0x0009, 0x0010, "LO", "A\r\nB\0\u001b")), 0),
    };

    private static readonly string[] HostileUids =
        ["../..", "..", "/etc/x", @"..\..\x", "1.2/3", "1.2.3\0.4", "1.2 3", "CON", "\u00e4", "1.2.3;rm", new('1', 300), "%2e%2e"];

    private readonly SpoolFixture _spool = new();
    private readonly AssociationListener _listener;

    public BadInstanceTests()
    {
        var receiver = new StoreReceiver(_spool.Spool, _spool.Scanners(new ConverterOptions()), new ConverterOptions { SpoolReserveBytes = 0 }, _spool.Time, NullLogger.Instance);
        _listener = new AssociationListener(new ListenerOptions { Address = IPAddress.Loopback, Port = 0 }, new DicomServices { Store = receiver });
        _listener.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _spool.Dispose();
    }

    public static TheoryData<string> Names() => [.. DataSets.Keys];

    public static TheoryData<int> Uids() => [.. Enumerable.Range(0, HostileUids.Length)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_strange_data_set_gets_its_status_and_the_association_goes_on(string name)
    {
        var (dataSet, status) = DataSets[name];
        using var peer = await RawPeer.AssociateAsync(_listener.LocalEndPoint);

        await StoreAsync(peer, Uid, dataSet);

        Assert.Equal(status, await peer.ReadStatusAsync());
        Assert.Equal(status == 0 ? 1 : 0, Directory.GetFiles(_spool.Folder.Ready, "*.dcm", SearchOption.AllDirectories).Length);
        Assert.Empty(Directory.GetFiles(_spool.Folder.In));
        await peer.EchoAsync();
    }

    [Theory]
    [MemberData(nameof(Uids))]
    public async Task D3_what_cannot_be_a_UID_is_0117_and_never_a_name(int index)
    {
        using var peer = await RawPeer.AssociateAsync(_listener.LocalEndPoint);
        var before = Everything();

        await StoreAsync(peer, HostileUids[index], Sound());

        Assert.Equal(0x0117, await peer.ReadStatusAsync());
        Assert.Equal(before, Everything());
        await peer.EchoAsync();
    }

    private string[] Everything() => [.. Directory.GetFileSystemEntries(_spool.Root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static async Task StoreAsync(RawPeer peer, string uid, byte[] dataSet)
    {
        await peer.SendAsync(Wire.Command(3, Wire.StoreRq(1, uid)));
        foreach (var fragment in dataSet.Chunk(60_000))
            await peer.SendAsync(Wire.PData(Wire.Value(3, 0, fragment)));
        await peer.SendAsync(Wire.Data(3));
    }

    private static byte[] Sound(params byte[] more) => [.. Class, .. Instance, .. more, .. Study, .. Series, .. Pixels];

    private static byte[] Short(int group, int element, string vr, string value)
    {
        var bytes = Encoding.Latin1.GetBytes(value.Length % 2 == 0 ? value : value + (vr == "UI" ? "\0" : " "));
        return [.. Bytes(group, element, vr), (byte)bytes.Length, 0, .. bytes];
    }

    private static byte[] Long(int group, int element, string vr, byte[] value, uint? length = null) =>
        [.. Bytes(group, element, vr), 0, 0, .. BitConverter.GetBytes(length ?? (uint)value.Length), .. value];

    private static byte[] Bytes(int group, int element, string vr) =>
        [(byte)(group & 0xFF), (byte)(group >> 8), (byte)(element & 0xFF), (byte)(element >> 8), .. Encoding.ASCII.GetBytes(vr)];
}
