using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slideport.Sam.Database.Migrations.SqlServer
{
    /// <inheritdoc />
    public partial class Slides : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "ScannerHours",
                columns: table => new
                {
                    ScannerId = table.Column<Guid>(type: "uniqueidentifier", nullable: false),
                    Hour = table.Column<long>(type: "bigint", nullable: false),
                    Changes = table.Column<long>(type: "bigint", nullable: false),
                    Images = table.Column<int>(type: "int", nullable: false),
                    Bytes = table.Column<long>(type: "bigint", nullable: false),
                    ScanSeconds = table.Column<double>(type: "float", nullable: false),
                    LongestScanSeconds = table.Column<double>(type: "float", nullable: false),
                    Errors = table.Column<int>(type: "int", nullable: false),
                    OnlineSeconds = table.Column<double>(type: "float", nullable: false),
                    ClockOffsetMin = table.Column<double>(type: "float", nullable: true),
                    ClockOffsetMax = table.Column<double>(type: "float", nullable: true),
                    ClockOffsetLast = table.Column<double>(type: "float", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ScannerHours", x => new { x.ScannerId, x.Hour });
                    table.ForeignKey(
                        name: "FK_ScannerHours_Scanners_ScannerId",
                        column: x => x.ScannerId,
                        principalTable: "Scanners",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "Slides",
                columns: table => new
                {
                    Id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("SqlServer:Identity", "1, 1"),
                    Converter = table.Column<string>(type: "nvarchar(400)", maxLength: 400, nullable: false),
                    Name = table.Column<string>(type: "nvarchar(64)", maxLength: 64, nullable: false),
                    SeriesInstanceUid = table.Column<string>(type: "nvarchar(400)", maxLength: 400, nullable: false),
                    SerialNumber = table.Column<string>(type: "nvarchar(400)", maxLength: 400, nullable: true),
                    Step = table.Column<long>(type: "bigint", nullable: false),
                    Revision = table.Column<int>(type: "int", nullable: false),
                    Stage = table.Column<string>(type: "nvarchar(20)", maxLength: 20, nullable: false),
                    Since = table.Column<long>(type: "bigint", nullable: false),
                    Reason = table.Column<string>(type: "nvarchar(1000)", maxLength: 1000, nullable: false),
                    Instances = table.Column<int>(type: "int", nullable: false),
                    ReceivedAt = table.Column<long>(type: "bigint", nullable: false),
                    UpdatedAt = table.Column<long>(type: "bigint", nullable: false),
                    Path = table.Column<string>(type: "nvarchar(400)", maxLength: 400, nullable: true),
                    Bytes = table.Column<long>(type: "bigint", nullable: true),
                    Sha256 = table.Column<string>(type: "nvarchar(64)", maxLength: 64, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Slides", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_ScannerHours_Hour",
                table: "ScannerHours",
                column: "Hour");

            migrationBuilder.CreateIndex(
                name: "IX_Slides_Converter_Name",
                table: "Slides",
                columns: new[] { "Converter", "Name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Slides_ReceivedAt",
                table: "Slides",
                column: "ReceivedAt");

            migrationBuilder.CreateIndex(
                name: "IX_Slides_SeriesInstanceUid",
                table: "Slides",
                column: "SeriesInstanceUid");

            migrationBuilder.CreateIndex(
                name: "IX_Slides_Stage_UpdatedAt",
                table: "Slides",
                columns: new[] { "Stage", "UpdatedAt" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_UpdatedAt",
                table: "Slides",
                column: "UpdatedAt");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ScannerHours");

            migrationBuilder.DropTable(
                name: "Slides");
        }
    }
}
