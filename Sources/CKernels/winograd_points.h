/* Rows of G of Winograd's algorithm: how the three weights of a line become a point's. */
#ifndef CALK_WINOGRAD_POINTS_H
#define CALK_WINOGRAD_POINTS_H

static const float calk_points2[4][3] = {
    {1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};
static const float calk_points4[6][3] = {
    {1 / 4.f, 0, 0},
    {-1 / 6.f, -1 / 6.f, -1 / 6.f},
    {-1 / 6.f, 1 / 6.f, -1 / 6.f},
    {1 / 24.f, 1 / 12.f, 1 / 6.f},
    {1 / 24.f, -1 / 12.f, 1 / 6.f},
    {0, 0, 1},
};

#endif
