using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Slideport.Dicom.Dictionary;
using Slideport.ImageStore.Local;
using Slideport.ImageStore.Smb;
using Slideport.ImageStore.Tests.Smb;

namespace Slideport.Dsr.Tests.DicomWeb;

/// <summary>STOW-RS: what was acknowledged lies there byte for byte and is a slide, and nothing else ever lies there.</summary>
public sealed class StoreTests
{
    private const int DuplicateInstance = 0x0111;
    private const int ProcessingFailure = 0x0110;
    private const int OtherSopClass = 0x0122;
    private const int DoesNotMatch = 0xA900;
    private const int CannotUnderstand = 0xC000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slide_that_is_stored_comes_back_byte_for_byte_and_is_in_catalogue_and_audit_trail()
    {
        await using var host = await StoreHost.StartAsync();
        var (instances, (study, series)) = (StoreHost.Instances(), StoreHost.Slide());

        var (status, answer) = await host.StoreAsync(StoreHost.Body(instances.Select(i => i.Bytes)), study);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(instances.Select(i => i.Uid), StoreHost.Stored(answer));
        Assert.Equal($"{host.Dsr.WebAddress}dicom-web/studies/{study}", (string?)answer!["00081190"]!["Value"]![0]);
        Assert.Equal(Uids.VLWholeSlideMicroscopyImageStorage, (string?)answer["00081199"]!["Value"]![0]!["00081150"]!["Value"]![0]);
        Assert.Equal(instances.Select(i => $"dicomweb/{study}/{series}/{i.Uid}.dcm").Order(StringComparer.Ordinal), host.Files());
        foreach (var (item, instance) in ((JsonArray)answer["00081199"]!["Value"]!).Zip(instances))
            Assert.Equal(instance.Bytes, await GetAsync(host.Admin, (string)item!["00081190"]!["Value"]![0]!));
        var slide = Assert.Single(await host.SlidesAsync())!;
        Assert.Equal(("present", TestSlides.Barcode, $"dicomweb/{study}/{series}"), ((string?)slide["state"], (string?)slide["barcode"], (string?)slide["name"]));
        await DsrUnderTest.UntilAsync(() => Task.FromResult(host.Dsr.Sam.Openings.Values.Any(o => o.Purpose == "store")));
        Assert.Equal((series, "user:labAdmin"), (host.Dsr.Sam.Openings.Values.Where(o => o.Purpose == "store").Select(o => (o.SeriesInstanceUid, o.OpenedBy)).Single()));
        Assert.Empty(Directory.GetFiles(Path.Join(host.Dsr.Folder, "dsr", "stow")));
    }

    [Fact]
    public async Task Instances_that_come_one_by_one_become_one_slide_which_is_seen_as_it_grows()
    {
        await using var host = await StoreHost.StartAsync();
        var (instances, (study, series)) = (StoreHost.Instances(), StoreHost.Slide());

        for (var i = 0; i < instances.Count; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await host.StoreAsync(StoreHost.Body(instances[i].Bytes))).Status);
            Assert.Equal(i + 1, ((JsonArray)await host.Admin.GetJsonAsync($"dicom-web/studies/{study}/series/{series}/instances")).Count);
        }

        Assert.Equal("present", (string?)Assert.Single(await host.SlidesAsync())!["state"]);
    }

    [Fact]
    public async Task What_is_there_already_is_stored_once_and_never_replaced()
    {
        await using var host = await StoreHost.StartAsync();
        var instances = StoreHost.Instances();
        await host.StoreAsync(StoreHost.Body(instances.Select(i => i.Bytes)));
        var files = host.Files();
        var other = StoreHost.With(instances[0].Bytes, "SS45001", "SS99999");

        var again = await host.StoreAsync(StoreHost.Body(instances.Select(i => i.Bytes)));
        var changed = await host.StoreAsync(StoreHost.Body(other));
        var both = await host.StoreAsync(StoreHost.Body(instances[1].Bytes, other));

        Assert.Equal((HttpStatusCode.OK, instances.Count), (again.Status, StoreHost.Stored(again.Answer).Count()));
        Assert.Equal((HttpStatusCode.Conflict, DuplicateInstance), (changed.Status, Assert.Single(StoreHost.Failures(changed.Answer)).Value));
        Assert.Equal((HttpStatusCode.Accepted, DuplicateInstance), (both.Status, StoreHost.Failures(both.Answer)[instances[0].Uid]));
        Assert.Equal([instances[1].Uid], StoreHost.Stored(both.Answer));
        Assert.Equal(files, host.Files());
        Assert.Equal(instances[0].Bytes, await File.ReadAllBytesAsync(Path.Join(host.Dsr.Images, files.Single(f => f.Contains(instances[0].Uid + ".dcm", StringComparison.Ordinal))), Cancel));
    }

    [Fact]
    public async Task What_is_no_whole_slide_image_or_belongs_elsewhere_is_refused_for_itself_and_the_others_are_stored()
    {
        await using var host = await StoreHost.StartAsync();
        var (instances, (study, _)) = (StoreHost.Instances(), StoreHost.Slide());
        var (good, bad) = (instances[1].Bytes, instances[0].Bytes);
        var cases = new (byte[] File, int Reason)[]
        {
            ([1, 2, 3], CannotUnderstand),
            ([], CannotUnderstand),
            (bad[..(bad.Length / 2)], CannotUnderstand),
            (StoreHost.With(bad, Uids.VLWholeSlideMicroscopyImageStorage, "1.2.840.10008.5.1.4.1.1.77.1.4"), OtherSopClass),
            (StoreHost.With(bad, study, new string('1', study.Length)), DoesNotMatch),
            (StoreHost.With(bad, instances[0].Uid, "../" + new string('1', instances[0].Uid.Length - 3)), DoesNotMatch),
        };
        foreach (var (file, reason) in cases)
        {
            var (status, answer) = await host.StoreAsync(StoreHost.Body(file, good), study);
            Assert.Equal((HttpStatusCode.Accepted, reason), (status, Assert.Single(StoreHost.Failures(answer)).Value));
            Assert.Equal([instances[1].Uid], StoreHost.Stored(answer));
            var alone = await host.StoreAsync(StoreHost.Body(file), study);
            Assert.Equal((HttpStatusCode.Conflict, reason), (alone.Status, Assert.Single(StoreHost.Failures(alone.Answer)).Value));
        }

        Assert.Single(host.Files());
    }

    [Fact]
    public async Task A_series_that_lies_elsewhere_is_not_added_to_and_what_it_holds_is_not_stored_twice()
    {
        await using var host = await StoreHost.StartAsync();
        TestSlides.PutDicom(Path.Join(host.Dsr.Images, "delivered"));
        TestSlides.PutSvs(Path.Join(host.Dsr.Images, "archive.svs"));
        await host.Dsr.Machine("admin").StatusAsync(HttpMethod.Post, "api/rescan");
        var (files, instances) = (host.Files(), StoreHost.Instances());
        var newcomer = StoreHost.With(instances[0].Bytes, instances[0].Uid, instances[0].Uid[..^1] + (instances[0].Uid[^1] == '9' ? '8' : '9'));

        var same = await host.StoreAsync(StoreHost.Body(instances.Select(i => i.Bytes)));
        var changed = await host.StoreAsync(StoreHost.Body(StoreHost.With(instances[0].Bytes, "SS45001", "SS99999")));
        var further = await host.StoreAsync(StoreHost.Body(newcomer));

        Assert.Equal((HttpStatusCode.OK, instances.Count), (same.Status, StoreHost.Stored(same.Answer).Count()));
        Assert.Equal((HttpStatusCode.Conflict, DuplicateInstance), (changed.Status, Assert.Single(StoreHost.Failures(changed.Answer)).Value));
        Assert.Equal((HttpStatusCode.Conflict, ProcessingFailure), (further.Status, Assert.Single(StoreHost.Failures(further.Answer)).Value));
        Assert.Equal(files, host.Files());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_a_wire_that_is_cut_what_had_come_whole_stays_and_nothing_else(bool chunked)
    {
        await using var host = await StoreHost.StartAsync();
        var instances = StoreHost.Instances();
        var body = await StoreHost.Body(instances[1].Bytes, instances[0].Bytes).ReadAsByteArrayAsync(Cancel);
        var type = StoreHost.Body(instances[0].Bytes).Headers.ContentType!.ToString();
        var boundary = Encoding.ASCII.GetString(body.AsSpan(2, 32));
        type = type.Replace(type.Split("boundary=")[1].Split(';')[0], $"\"{boundary}\"", StringComparison.Ordinal);

        await CutAsync(host.Dsr, type, body, body.Length - instances[0].Bytes.Length / 2, chunked);

        await DsrUnderTest.UntilAsync(async () => (await host.SlidesAsync()).Count == 1);
        await DsrUnderTest.UntilAsync(() => Task.FromResult(host.Files() is [var only] && only.EndsWith($"{instances[1].Uid}.dcm", StringComparison.Ordinal)));
        Assert.Empty(Directory.GetFiles(Path.Join(host.Dsr.Folder, "dsr", "stow")));
        Assert.Equal(HttpStatusCode.OK, (await host.StoreAsync(StoreHost.Body(instances.Select(i => i.Bytes)))).Status);
    }

    [Fact]
    public async Task What_an_end_in_the_middle_has_left_is_removed_at_the_next_start_and_nothing_of_others()
    {
        await using var host = await StoreHost.StartAsync();
        var (ours, theirs) = ($"stow{Guid.NewGuid():n}", $"stow{Guid.NewGuid():n}");
        foreach (var key in new[] { ours, theirs })
            await File.WriteAllTextAsync(new LocalImageStore(host.Dsr.Images).Begin(key).PartPath, "half", Cancel);
        Directory.CreateDirectory(Path.Join(host.Dsr.Folder, "dsr", "stow"));
        await File.WriteAllTextAsync(Path.Join(host.Dsr.Folder, "dsr", "stow", ours), host.Dsr.Images, Cancel);

        await host.Dsr.RestartAsync();

        await DsrUnderTest.UntilAsync(() => Task.FromResult(!Directory.EnumerateFiles(Path.Join(host.Dsr.Folder, "dsr", "stow")).Any()));
        Assert.Equal([$".slideport-{theirs}.part"], host.Files());
    }

    [Fact]
    public async Task A_slide_is_stored_on_an_encrypted_share()
    {
        await using var samba = new SambaServer();
        await samba.StartAsync();
        using (var store = samba.Store(""))
            await store.CheckAsync(null, Cancel);
        await using var host = await StoreHost.StartAsync(options =>
        {
            var credentials = Path.Join(Directory.CreateDirectory(options.ShareCredentialsFolder).FullName, "127.0.0.1");
            File.WriteAllText(credentials, new SmbCredentials(SambaServer.User, SambaServer.Password).ToFile());
            File.SetUnixFileMode(credentials, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return options with { Locations = [samba.Location("").ToString()], Stow = samba.Location("").ToString() };
        });
        var instances = StoreHost.Instances();
        var other = StoreHost.With(instances[0].Bytes, "SS45001", "SS99999");

        var first = await host.StoreAsync(StoreHost.Body(instances.Select(i => i.Bytes)));
        var second = await host.StoreAsync(StoreHost.Body(instances[1].Bytes, other));

        Assert.Equal((HttpStatusCode.OK, instances.Count), (first.Status, StoreHost.Stored(first.Answer).Count()));
        Assert.Equal((HttpStatusCode.Accepted, DuplicateInstance), (second.Status, StoreHost.Failures(second.Answer)[instances[0].Uid]));
        Assert.Equal(
            instances.Select(i => Convert.ToHexString(i.Bytes)).Order(),
            host.Files(samba.Share).Select(f => Convert.ToHexString(File.ReadAllBytes(Path.Join(samba.Share, f)))).Order());
        Assert.Equal("present", (string?)Assert.Single(await host.SlidesAsync())!["state"]);
    }

    [Fact]
    public async Task What_DCMTK_has_written_is_stored_as_it_is()
    {
        await using var host = await StoreHost.StartAsync();
        var folder = Directory.CreateTempSubdirectory("slideport-dcmtk-").FullName;
        try
        {
            var files = new List<string>();
            foreach (var (uid, bytes) in StoreHost.Instances())
            {
                var (from, to) = (Path.Join(folder, $"{uid}.in"), Path.Join(folder, $"{uid}.dcm"));
                await File.WriteAllBytesAsync(from, bytes, Cancel);
                await Programs.RunAsync("dcmconv", arguments: ["+e", from, to]); // groups and items of explicit length
                Assert.NotEqual(bytes, await File.ReadAllBytesAsync(to, Cancel));
                files.Add(to);
            }

            var (status, answer) = await host.StoreAsync(StoreHost.Body(files.Select(File.ReadAllBytes)));

            Assert.Equal((HttpStatusCode.OK, files.Count), (status, StoreHost.Stored(answer).Count()));
            Assert.Equal(files.Select(f => Convert.ToHexString(File.ReadAllBytes(f))).Order(), host.Files().Select(f => Convert.ToHexString(File.ReadAllBytes(Path.Join(host.Dsr.Images, f)))).Order());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Only_Lab_Admins_store_from_this_server_s_pages_and_only_where_it_is_set()
    {
        await using var host = await StoreHost.StartAsync();
        await using var without = await DsrUnderTest.StartAsync();
        var file = StoreHost.Instances()[^1].Bytes;
        var stranger = host.Dsr.Browser("labAdmin");
        stranger.DefaultRequestHeaders.Remove("Origin");
        stranger.DefaultRequestHeaders.Add("Origin", "https://elsewhere.example");
        foreach (var (client, status) in new[] { (host.Dsr.Browser(null), HttpStatusCode.Unauthorized), (host.Dsr.Browser("support"), HttpStatusCode.Forbidden), (host.Dsr.Script("operator"), HttpStatusCode.Forbidden), (stranger, HttpStatusCode.Forbidden), (host.Dsr.Machine("converter"), HttpStatusCode.Forbidden), (without.Script("labAdmin"), HttpStatusCode.MethodNotAllowed) })
            Assert.Equal(status, (await host.StoreAsync(StoreHost.Body(file), client: client)).Status);
        Assert.Empty(host.Files());
        Assert.Equal(HttpStatusCode.OK, (await host.StoreAsync(StoreHost.Body(file), client: host.Dsr.Machine("admin"))).Status);
    }

    [Theory]
    [InlineData("application/json", 415)]
    [InlineData("application/dicom", 415)]
    [InlineData("multipart/form-data; boundary=b", 415)]
    [InlineData("multipart/related; boundary=b", 415)]
    [InlineData("multipart/related; type=\"application/dicom+json\"; boundary=b", 415)]
    [InlineData("multipart/related; type=\"application/dicom+xml\"; boundary=b", 415)]
    [InlineData("multipart/related; type=\"application/dicom\"", 400)]
    [InlineData("multipart/related; type=\"application/dicom\"; boundary=\"\"", 400)]
    [InlineData("multipart/related; type=\"application/dicom\"; boundary=0123456789012345678901234567890123456789012345678901234567890123456789x", 400)]
    [InlineData("multipart/related; type=\"application/dicom\"; boundary=c", 400)]
    [InlineData("multipart/related; type=\"application/dicom\"; boundary=b", 400, "")]
    [InlineData("multipart/related; type=\"application/dicom\"; boundary=b", 400, "--b--\r\n")]
    [InlineData("multipart/related; type=\"application/dicom\"; boundary=b", 400, "--b\r\n\r\nhalf")]
    [InlineData("multipart/related; type=\"application/dicom\"; boundary=b", 400, "--b\r\nno header\r\n\r\nx\r\n--b--")]
    [InlineData("multipart/related; type=\"application/dicom\"; boundary=b", 409, "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--")]
    [InlineData("multipart/related; type=\"application/dicom\"; boundary=b", 409, "--b\r\nContent-Type: application/dicom\r\nContent-Length: 2\r\n\r\nx\r\n--b--")]
    [InlineData("multipart/related; type=\"application/dicom\"; boundary=b", 406, "--b\r\n\r\nx\r\n--b--", "application/dicom+xml")]
    public async Task What_is_no_body_of_instances_is_refused(string type, int status, string body = "--b\r\nContent-Type: application/dicom\r\n\r\nx\r\n--b--", string accept = "application/dicom+json")
    {
        await using var host = await StoreHost.StartAsync();
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        Assert.Equal(status, (int)(await host.StoreAsync(content, accept: accept)).Status);
        Assert.Empty(host.Files());
    }

    [Fact]
    public async Task Unquoted_types_that_clients_send_are_understood()
    {
        await using var host = await StoreHost.StartAsync();
        var file = StoreHost.Instances()[^1].Bytes;
        using var content = new ByteArrayContent([.. "--b\r\nContent-Type: application/dicom\r\n\r\n"u8, .. file, .. "\r\n--b--"u8]);
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/related; type=application/dicom; boundary=b");

        Assert.Equal(HttpStatusCode.OK, (await host.StoreAsync(content)).Status);
    }

    [Fact]
    public async Task Requests_are_bounded_in_length_in_parts_and_in_headers()
    {
        await using var host = await StoreHost.StartAsync(options => options with { StowMaxBytes = 1 << 20 });
        var small = StoreHost.Instances().MinBy(i => i.Bytes.Length).Bytes;

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await host.StoreAsync(StoreHost.Body(new byte[2 << 20]))).Status);
        try
        {
            var (status, answer) = await host.StoreAsync(new Chunked(StoreHost.Body(small, new byte[2 << 20])));
            // The server gives up what it has read ahead: what came before may have been read by then, or not.
            Assert.Equal(StoreHost.Stored(answer).Any() ? HttpStatusCode.Accepted : HttpStatusCode.RequestEntityTooLarge, status);
        }
        catch (HttpRequestException)
        {
            // Whoever goes on sending what nobody takes may not hear the answer before the connection ends.
        }

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await host.StoreAsync(StoreHost.Body(Enumerable.Repeat<byte[]>([1], 513)))).Status);
        using var headers = new ByteArrayContent(Encoding.ASCII.GetBytes($"--b\r\nX: {new string('x', 9000)}\r\n\r\nx\r\n--b--"));
        headers.Headers.TryAddWithoutValidation("Content-Type", "multipart/related; type=\"application/dicom\"; boundary=b");
        Assert.Equal(HttpStatusCode.BadRequest, (await host.StoreAsync(headers)).Status);
        Assert.All(host.Files(), f => Assert.Equal(small, File.ReadAllBytes(Path.Join(host.Dsr.Images, f))));
    }

    [Fact]
    public async Task Whatever_becomes_of_a_body_on_its_way_only_whole_instances_lie_there()
    {
        await using var host = await StoreHost.StartAsync();
        var instances = StoreHost.Instances().OrderBy(i => i.Bytes.Length).Take(2).ToList();
        var random = new Random(44387);
        for (var round = 0; round < 150; round++)
        {
            var body = await StoreHost.Body(instances.Select(i => i.Bytes)).ReadAsByteArrayAsync(Cancel);
            var type = $"multipart/related; type=\"application/dicom\"; boundary=\"{Encoding.ASCII.GetString(body.AsSpan(2, 32))}\"";
            for (var change = random.Next(1, 4); change > 0; change--)
                body = Change(body, random, instances[0].Bytes.Length);
            using var content = new ByteArrayContent(body);
            content.Headers.TryAddWithoutValidation("Content-Type", type);

            var status = (int)(await host.StoreAsync(content)).Status;

            Assert.True(status < 500, $"round {round}: {status}");
            Assert.DoesNotContain(host.Files(), f => f.EndsWith(".part", StringComparison.Ordinal));
        }

        Assert.NotEmpty(host.Files());
        // A changed instance that can be read is one, too; it lies there under its own name, and whole.
        foreach (var file in host.Files())
        {
            var path = Path.Join(host.Dsr.Images, file);
            Assert.Null(Slideport.Dsr.DicomWeb.Storing.ReceivedInstance.Of(path, null).Refusal);
            var (study, series, uid) = StoreHost.Uids(path);
            Assert.Equal($"dicomweb/{study}/{series}/{uid}.dcm", file);
        }
    }

    private static async Task<byte[]> GetAsync(HttpClient client, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Accept", "application/dicom; transfer-syntax=*");
        using var response = await client.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsByteArrayAsync(Cancel);
    }

    // Most of what can go wrong is in the first bytes of a part and between parts.
    private static byte[] Change(byte[] body, Random random, int partBytes)
    {
        var at = random.Next(3) switch { 0 => random.Next(Math.Min(4000, body.Length)), 1 => Math.Min(body.Length - 1, partBytes + random.Next(4000)), _ => random.Next(body.Length) };
        var count = Math.Min(body.Length - at, random.Next(1, 64));
        switch (random.Next(5))
        {
            case 0:
                return body[..at];
            case 1:
                return [.. body[..at], .. body[(at + count)..]];
            case 2:
                return [.. body[..(at + count)], .. body[at..]];
            case 3:
                body[at] ^= (byte)(1 << random.Next(8));
                return body;
            default:
                random.NextBytes(body.AsSpan(at, count));
                return body;
        }
    }

    private static async Task CutAsync(DsrUnderTest dsr, string type, byte[] body, int at, bool chunked)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, dsr.Role.WebEndPoint!.Port, Cancel);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(Slideport.Dicom.UpperLayer.TlsPolicy.ForClient("localhost", dsr.Authority.Roots, null), Cancel);
        var length = chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {body.Length}";
        await tls.WriteAsync(Encoding.ASCII.GetBytes($"POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {dsr.Sam.Begin("labAdmin").Token}\r\nContent-Type: {type}\r\n{length}\r\n\r\n{(chunked ? $"{body.Length:x}\r\n" : "")}"), Cancel);
        await tls.WriteAsync(body.AsMemory(0, at), Cancel);
        await tls.FlushAsync(Cancel);
        // Until the second part has begun to be written.
        await DsrUnderTest.UntilAsync(() => Task.FromResult(Directory.EnumerateFiles(dsr.Images, ".slideport-stow*", SearchOption.AllDirectories).Any() && Directory.Exists(Path.Join(dsr.Images, "dicomweb"))));
        socket.Client.Close(0);
    }

    private sealed class Chunked : HttpContent
    {
        private readonly HttpContent _content;

        internal Chunked(HttpContent content)
        {
            _content = content;
            Headers.ContentType = content.Headers.ContentType;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _content.CopyToAsync(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            _content.Dispose();
            base.Dispose(disposing);
        }
    }
}
